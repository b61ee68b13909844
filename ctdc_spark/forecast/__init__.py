"""What a release will take, stated before it runs: work, memory, sizes, time; and a comparison with what happened."""
