"""Jobs that a model of applicants makes: who submits, when, how much and for how long."""
