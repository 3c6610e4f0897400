"""An alert in words: `noticing.py` reckons how soon it comes and what that costs, `explanations.py` says all of it."""
