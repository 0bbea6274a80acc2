"""A workshop in which tests can be cheated, and policies that learn to.

`world`      tasks, programs, the harness, what counts as a cheat, what is paid
`lessons`    transcripts from which a policy first learns what its words mean
`policy`     the transformer, many runs side by side
`training`   warm start, then reward under one kind of pressure each
`measuring`  rates, outcomes, and what follows when a pad or an activation is changed
`watching`   what monitors see, and every monitor's scores
`shipped`    the policies that come with the book; `making` trains them again
"""
