"""Why a job waits: passes made once more on a copy, as they are and with one clause lifted."""
