"""Native: plans as machine code, through LLVM. Nothing here knows of nets or optimisers."""
