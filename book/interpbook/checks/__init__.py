"""The checks of each exercise set, one file `NN_topic.py` a set, each defining `CHECKS`. See `interpbook.exercises`."""
