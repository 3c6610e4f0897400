"""What runs by itself: planner, dispatcher, worker, reaper. Each exposes `step()`; none loops or sleeps."""
