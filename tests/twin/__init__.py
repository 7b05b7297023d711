"""The slow, obvious second implementations that the engine is compared with, job by job."""
