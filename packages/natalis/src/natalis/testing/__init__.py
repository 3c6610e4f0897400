"""Virtual clock, recording provider, builders: for the tests of those who use Natalis, and ours."""
