"""What is set up and what is live, looked at and told: by reads only."""
