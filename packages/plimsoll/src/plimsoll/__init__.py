"""The performance kit: how much load does a service safely carry?"""

__version__ = "0.1.0"
