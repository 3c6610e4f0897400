"""What the core needs from the world, as protocols of at most five methods each.

Two habits run through the stores: an instant is always given (`now`), never read; and where a decision needs what a
transaction sees, the port takes a pure `decide` function, so that the store owns the transaction and the domain the
decision.
"""
