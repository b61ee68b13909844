"""What a release will take, said before it runs: work, memory, sizes, time; and a comparison with what happened."""
