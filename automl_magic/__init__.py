"""AutoML that a person can see, steer and take home, inside the notebook."""
