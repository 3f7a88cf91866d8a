"""Plan: the kernels that compute a recorded function, as data; foreign to any machine."""
