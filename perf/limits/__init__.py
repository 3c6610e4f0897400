"""What the parts can do alone, on the same cores: `python -m perf.limits`.

`database` asks pgbench, `queue` a RabbitMQ quorum queue, `client` the HTTP client against the mock provider. No fleet
on this machine is faster than the slowest of them; how near it comes is what `make bench-peers` tells.
"""
