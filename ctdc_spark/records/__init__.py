"""The common language of the kernels: records as arrays, the blocks they travel in, the numbered attributes."""
