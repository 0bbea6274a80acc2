"""`interpbook assign`: what students get, and what only the grader has. Never imported by a notebook.

`choosing` picks the exercises and their points · `student` writes the students' copy · `private` the grading bundle ·
`command` the two together.
"""
