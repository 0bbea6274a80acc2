"""Chains of thought: what they say, whether it is so, and who watches.

`roc`        what an alarm is worth: rates, g-mean², base rates, budgets, calibration
`monitors`   alarms: a word rule, a trained reader of text, a probe, and combinations of them
`priority`   two orders that cannot both be obeyed, in every balance, for a real model
"""
