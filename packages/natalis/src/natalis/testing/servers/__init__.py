"""Throwaway servers on free ports in temporary folders, to test and measure against: killed, paused and cut at will.

`scripts/services` installs what they run. Every server lives under a keeper (see `keeper`), so nothing outlives the
process that started it, however that ends. As pytest fixtures: `pytest_plugins = ["natalis.testing.servers.fixtures"]`.
Linux only: they stand on /proc, abstract sockets and child subreapers.
"""
