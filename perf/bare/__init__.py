"""The bare API: what an application that does less than Natalis' costs, measured beside it; runs in .venvs/bare."""
