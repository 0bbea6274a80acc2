"""Hidden probes: fresh inputs for each exercise, from a seed that students do not have; right outputs made here.

`draws` makes the inputs and the right outcomes · `literal` and `literal_reasoning` have inputs for exercises whose own
ones are written out, not drawn · `disguises` puts a hidden seed between a judge and the function that it judges, and
`judged` chooses that seed · `passing` writes inputs so that a sandbox without the exercises' checks can read them.
"""
