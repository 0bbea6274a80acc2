"""A course folder for nbgrader: its own commands make the release from it, collect and grade.

Our notebooks bear nbgrader's metadata already. What nbgrader runs in them is the public check, in the student's own
kernel: good for an instructor who has nbgrader and trusts the class. Hidden inputs need `interpbook grade`, which reads
nbgrader's `submitted/` and gives marks back (`to_gradebook.py` beside `grades.csv`).
"""

CONFIG = '''"""nbgrader's settings for {name}. Its kernel python3 must be one in which `import interpbook` works."""

c = get_config()  # noqa: F821 (nbgrader's)
c.CourseDirectory.course_id = "interpbook"
c.ExecutePreprocessor.timeout = 300
# The notebooks in source/ are the students' own: there is no solution in them to be cleared.
c.GenerateAssignment.preprocessors = [
    f"nbgrader.preprocessors.{{step}}"
    for step in ("LockCells", "ClearOutput", "CheckCellMetadata", "ComputeChecksums", "SaveCells", "CheckCellMetadata")
]
'''


def files(name: str, made: dict[str, str]) -> dict[str, bytes]:
    """Name → content of `NAME.nbgrader/`, from the notebooks that `student.notebooks` made."""
    found = {f"{name}.nbgrader/nbgrader_config.py": CONFIG.format(name=name).encode()}
    for path, text in made.items():
        folder, _, file = path.partition("/")
        if folder == "exercises":
            found[f"{name}.nbgrader/source/{name}/{file}"] = text.encode()
    return found
