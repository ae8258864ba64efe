"""A stand-in for Discord over real sockets, and the unmodified bot against it: for tests and benchmarks."""
