"""Where student code runs: a container without network and files, and in it one throw-away process an answer.

1. `backends`    the command line of the container (bubblewrap; docker or podman; none, by --trust-students)
2. `server`      first process in the container: imports the heavy packages once, then forks a stage for each question
3. `stage`       a fork in which the question's own set-up cells have run; forks one process an answer
4. `namespaces`  what that fork does to be alone: own processes, own empty files, limits, no privileges
5. `answering`   runs the answer, then returns what its function gives, as canonical JSON
6. `client`      the grader's side of all this, with a deadline for everything

Only `client` and `backends` run as the grader. Nothing here knows a right answer.
"""
