"""Cartography and polar-provenance on the same estate and the same kind of server. See ./run --help."""

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import neo4j

from estate import CONTAINERS_PER_POD, Estate, write_observations

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
OURS, THEIRS = "polar-provenance", "Cartography"
RUNS = ("first run", "re-run")

# What each side must have in the end: every container linked to the image of the digest it reports, and
# every tag to its image.
LINKED = {
    THEIRS: (
        "MATCH (c:KubernetesContainer)-[link:RESOLVED_IMAGE]->(i:GitLabContainerImage) "
        "RETURN count(link) AS links, count(DISTINCT c) AS containers, "
        "count(CASE WHEN c.status_image_id ENDS WITH i.digest THEN 1 END) AS right",
        "MATCH (:GitLabContainerRepositoryTag)-[link:IMAGE]->(:GitLabContainerImage) "
        "RETURN count(link) AS links",
    ),
    OURS: (
        "MATCH (c:KubeContainer)-[link:RUNS]->(i:ACRImage) "
        "RETURN count(link) AS links, count(DISTINCT c) AS containers, "
        "count(CASE WHEN c.image_id ENDS WITH i.digest THEN 1 END) AS right",
        "MATCH (:ACRImage)-[link:HAS_MANIFEST]->(:ImageManifest) RETURN count(link) AS links",
    ),
}
SIZE = (
    "CALL () { MATCH (n) RETURN count(n) AS nodes } "
    "CALL () { MATCH ()-[e]->() RETURN count(e) AS edges } RETURN nodes, edges"
)


class Server:
    """The project's test server with an empty graph."""

    def __init__(self, heap, home):
        program = ROOT / "crates/testkit/neo4j"
        # No secret: the server lives as long as this process and listens on 127.0.0.1 alone.
        self.password = secrets.token_urlsafe(18)
        self.log = home / "stderr.log"
        opens = ("java.nio", "sun.nio.ch", "java.lang")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["java", f"-Xmx{heap}"]
                + [f"--add-opens=java.base/{module}=ALL-UNNAMED" for module in opens]
                + ["-cp", f"{jars()}/*", program / "TestServer.java", home, program / "neo.conf"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "TEST_NEO4J_PASSWORD": self.password},
            )
        self.endpoint = f"bolt://127.0.0.1:{self.answer('ready')}"

    def answer(self, word):
        for line in self.process.stdout:
            if line.startswith(word + " "):
                return line.split()[1]
        sys.exit(f"Neo4j ended:\n{self.log.read_text()}")

    def peak_heap(self):
        """The most that its heap has held since the last call, in bytes."""
        self.process.stdin.write("heap\nreset\n")
        self.process.stdin.flush()
        return int(self.answer("heap"))

    def environment(self):
        return {
            "GRAPH_ENDPOINT": self.endpoint,
            "GRAPH_USER": "neo4j",
            "GRAPH_PASSWORD": self.password,
        }

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def jars():
    return Path(os.environ.get("TEST_NEO4J_LIB", ROOT / "target/neo4j/lib"))


@dataclass
class Taken:
    seconds: float
    parts: dict
    heap: int
    resident: int
    nodes: int = 0
    edges: int = 0


@dataclass
class Side:
    name: str
    first: list = field(default_factory=list)
    again: list = field(default_factory=list)

    def best(self, run):
        return min(self.first if run == RUNS[0] else self.again, key=lambda taken: taken.seconds)


def main():
    options = arguments()
    # So that what is open is closed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    estate = Estate(options.images, options.containers)
    sides = [Side(THEIRS), Side(OURS)]
    with tempfile.TemporaryDirectory(prefix="cartography-") as folder:
        folder = Path(folder)
        readings = [folder / f"reading-{number}.jsonl" for number in range(2)]
        for number, path in enumerate(readings):
            write_observations(estate, path, 6 + number)
        for round_ in range(options.rounds):
            for side in sides:
                home = folder / f"{side.name}-{round_}"
                home.mkdir()
                with Server(options.heap, home) as server:
                    for number, kept in enumerate((side.first, side.again)):
                        say(f"round {round_ + 1}, {side.name}, {RUNS[number]}")
                        taken = run(side.name, server, estate, readings, number, options)
                        taken.nodes, taken.edges = check(side.name, server, estate)
                        kept.append(taken)
    table(estate, sides, options)


def arguments():
    parser = argparse.ArgumentParser(
        prog="benches/cartography/run", description="Cartography and polar-provenance side by side."
    )
    parser.add_argument("images", type=int, nargs="?", default=100_000)
    parser.add_argument("containers", type=int, nargs="?", default=200_000)
    parser.add_argument("--rounds", type=int, default=1, help="the best of so many is told, by turns")
    parser.add_argument("--heap", default="2g", help="largest heap of the server")
    parser.add_argument("--program", type=Path, required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


def run(name, server, estate, readings, number, options):
    """One sync of the whole estate, timed."""
    server.peak_heap()
    if name == THEIRS:
        command = [sys.executable, HERE / "sync.py", "--update-tag", str(number + 1)]
        command += ["--images", str(estate.images), "--containers", str(estate.containers)]
        out, _, resident = execute(command, server)
        # Its own clock: neither its start nor its imports count, nor making up the estate.
        parts = json.loads(out)
    else:
        parts, resident = {}, 0
        for part, arguments_ in (("ingest", [readings[number]]), ("reconcile", [])):
            command = [options.program, part, *arguments_, "--graph", "neo4j"]
            # The whole process counts, with its start and with reading and parsing the file.
            _, parts[part], peak = execute(command, server)
            resident = max(resident, peak)
    return Taken(sum(parts.values()), parts, server.peak_heap(), resident)


def execute(command, server):
    """Runs it to its end: what it printed, seconds, and its peak of resident memory in bytes."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GRAPH_", "PROVENANCE_"))
    }
    with tempfile.TemporaryFile("w+") as out:
        begin = time.monotonic()
        process = subprocess.Popen(command, stdout=out, env={**clean, **server.environment()})
        peak = 0
        while process.poll() is None:
            # The kernel keeps the peak as long as the process is there.
            peak = max(peak, peak_of(process.pid))
            time.sleep(0.01)
        seconds = time.monotonic() - begin
        if process.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}: exit code {process.returncode}")
        out.seek(0)
        return out.read(), seconds, peak


def peak_of(process):
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) << 10 if lines else 0


def check(name, server, estate):
    """A faster wrong answer is none. Returns how many nodes and edges there are."""
    running, tags = LINKED[name]
    with neo4j.GraphDatabase.driver(server.endpoint, auth=("neo4j", server.password)) as driver:
        found = driver.execute_query(running).records[0].data()
        found["tags"] = driver.execute_query(tags).records[0]["links"]
        size = driver.execute_query(SIZE).records[0]
    wanted = {"links": estate.containers, "containers": estate.containers}
    wanted |= {"right": estate.containers, "tags": estate.images}
    if found != wanted:
        sys.exit(f"{name} linked {found}, where the estate has {wanted}")
    return size["nodes"], size["edges"]


def table(estate, sides, options):
    theirs, ours = sides
    pods = -(-estate.containers // CONTAINERS_PER_POD)
    print(machine())
    print(
        f"Cartography {version('cartography')}, neo4j {version('neo4j')}, "
        f"Python {sys.version.split()[0]}; {program_version(options.program)}; "
        f"Neo4j {server_version()}, heap {options.heap}"
    )
    print(
        f"{estate.images:,} images with a tag each, {estate.containers:,} containers in {pods:,} pods; "
        f"best of {options.rounds}, by turns\n"
    )
    print("| | | time | ratio | peak heap | client | nodes | edges |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for run_ in RUNS:
        for side in (ours, theirs):
            taken = side.best(run_)
            ratio = taken.seconds / ours.best(run_).seconds
            print(
                f"| {run_} | {side.name} | {taken.seconds:.1f} s | {ratio:.3g}x "
                f"| {taken.heap >> 20} MiB | {taken.resident >> 20} MiB "
                f"| {taken.nodes:,} | {taken.edges:,} |"
            )
    print()
    for run_ in RUNS:
        for side in (ours, theirs):
            parts = side.best(run_).parts.items()
            told = ", ".join(f"{part} {seconds:.1f} s" for part, seconds in parts)
            print(f"{run_}, {side.name}: {told}")


def machine():
    def fields(path, name):
        lines = Path(path).read_text().splitlines()
        return [line.split(":", 1)[1].strip() for line in lines if line.startswith(name)]

    model = (fields("/proc/cpuinfo", "model name") or ["an unknown processor"])[0]
    memory = fields("/proc/meminfo", "MemTotal")[0]
    return f"{model}, {len(os.sched_getaffinity(0))} cores, {memory} of memory"


def program_version(program):
    return subprocess.run(
        [program, "--version"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()


def server_version():
    kernel = next(jars().glob("neo4j-kernel-[0-9]*.jar"))
    return kernel.stem.removeprefix("neo4j-kernel-")


def say(what):
    print(f"cartography: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
