"""Hidden probes: fresh inputs for each exercise, from a seed that students do not have; right outputs made here.

`draws` makes the inputs and the right outcomes; `literal` has inputs for exercises whose own ones are written out, not
drawn; `passing` writes inputs so that a sandbox without the exercises' checks can read them.
"""
