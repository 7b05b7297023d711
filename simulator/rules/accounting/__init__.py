"""What a job costs whom, and how usage fades."""
