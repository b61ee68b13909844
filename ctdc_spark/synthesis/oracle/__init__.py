"""What a synthesizer may learn of the sensitive records: yes and no, and nothing else."""
