"""The composition root: settings, wiring, the only loop, supervision."""
