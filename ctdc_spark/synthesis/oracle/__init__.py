"""What a synthesizer may learn of the sensitive records: yes or no, and nothing else."""
