"""The common tongue of the kernels: records as arrays, the blocks they travel in, the numbered attributes."""
