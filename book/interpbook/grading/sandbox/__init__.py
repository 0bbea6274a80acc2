"""Where student code runs: a container without network and files, and in it one throw-away process an answer.

1. `backends`    which sandbox works here: bubblewrap, podman, docker; none, by --trust-students
2. `view`        what a container sees, said once; `bubblewrap` and `containers` say it in their programs' words
3. `launch`      starts the server in it, and holds the connection
4. `server`      first process in the container: imports the heavy packages once, then forks a stage for each question
5. `stage`       a fork in which the question's own set-up cells have run; forks one process an answer, and watches it
6. `namespaces`  what that fork does to be alone: own processes, own empty files, limits, no privileges; `seccomp`: no
                 kernel calls that it does not need; `memory`: how much all of its processes hold together
7. `answering`   runs the answer, then returns what its function gives, as canonical JSON
8. `client`      the grader's side of all this, with a deadline for everything

Only `client`, `launch` and `backends` run as the grader. Nothing here knows a right answer.
"""
