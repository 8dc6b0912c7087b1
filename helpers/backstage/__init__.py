"""What works behind the labs and is called by no cell: commands, downloads, and what watches a training."""
