"""The toolkit of *No More Folk Theories*: everything that a notebook imports.

One idea a room; read them in this order:

`models`         load a model, name a place inside it, read it, write to it
`data`           seeded prompts and word lists
`activations`    many activations at speed
`stats`          intervals, permutation tests, nulls
`plots`          figure in, figure out; `widgets` puts a slider on one
`lens`           what a layer would say if the model stopped there (chapter 00), and who wrote it (chapter 04)
`superposition`  toy models with more features than dimensions (chapter 01)
`statements`     true and false sentences, tagged words; `probes` reads, scores and erases properties (chapter 02)
`corpus`         a million tokens of free text; `dictionaries` trains and opens sparse autoencoders (chapter 03)
`features`       what a latent stands for, shown and scored; `steering` turns it up (chapter 03)
`induction`      heads that look for what came next the last time (chapter 04)
`patching`       what must be copied from another run for the answer to come along; paths, circuits (chapter 04)
`attribution`    what made what on one prompt: graphs of features, of neurons; `graphs` prunes, shows (chapter 05)
`attention`      where every head looks, why, and what changes if it may not (chapter 06)
`consistency`    does a model say what it judges? (chapter 06)
`organisms`      models trained so that the truth about them is known (chapter 06)
`exercises`      `check` a student's answer; `quiz` asks at the end of a chapter

Never imported by a notebook: `authoring` (text to notebooks), `grading` (`interpbook check`), `cli`.
"""

__version__ = "0.1.0"
