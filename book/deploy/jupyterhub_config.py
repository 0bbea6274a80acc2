"""A JupyterHub for this course, as small as it can be: what the page *Assign and grade, in detail* tries on loopback.

Two environments: one with the hub, JupyterLab and nbgitpuller, one with the book; the book's is the kernel "python3" of
the first. Start with `jupyterhub -f jupyterhub_config.py` in a folder that may hold the hub's database.

Replace before students come: the two lines marked FOR A TRIAL. With them all students run as one user of the machine.
"""

import os
from pathlib import Path

c = get_config()  # noqa: F821 (JupyterHub defines it)

HOMES = Path(os.environ.get("COURSE_HOMES", "homes")).resolve()  # one folder for each student

# Where the hub listens. Behind a web server that speaks TLS this is what it forwards to.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:8081"
c.ConfigurableHTTPProxy.command = os.environ.get("COURSE_PROXY", "configurable-http-proxy")

# Who may come in.
c.JupyterHub.authenticator_class = "dummy"  # FOR A TRIAL: any name, one password; then your university's OAuth or LTI
c.DummyAuthenticator.password = os.environ["COURSE_PASSWORD"]
c.Authenticator.allow_all = True  # whoever can log in; with allowed_users only those of your list

# Where their code runs.
c.JupyterHub.spawner_class = (
    "simple"  # FOR A TRIAL: all as this user; then SystemdSpawner, DockerSpawner or KubeSpawner
)
c.SimpleLocalProcessSpawner.home_dir_template = str(HOMES / "{username}")
c.Spawner.default_url = "/lab"
c.Spawner.environment = {
    "HF_HUB_OFFLINE": "1",  # the model came with the installation
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_NUM_THREADS": "2",  # torch takes every core it sees, and so does the neighbour's
}
c.Spawner.mem_limit = "2G"  # kept by SystemdSpawner, DockerSpawner and KubeSpawner; the simple one only mentions it
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 120  # JupyterLab starts slowly on a busy machine; 30 seconds are the default

# A notebook that nobody looks at keeps a model in memory.
c.Spawner.args = ["--MappingKernelManager.cull_idle_timeout=3600", "--MappingKernelManager.cull_interval=300"]
