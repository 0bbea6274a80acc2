"""Model organisms: models that we trained, so that we know what they learned.

`adapters`   small trained changes of SmolLM2 that can be switched on and off
`banana`     adapters on invented colours, each with what it was taught to say and to judge
`verifier`   adapters taught to answer "Is X the capital of Y?"
`lookup`     small transformers in which one route to a verdict is forced
`artifacts`  the trained files that come with the book, and how to make them again
"""
