"""A registry of ours beside verdaccio and devpi: ``python tests/bench/peers.py --verdaccio BIN --devpi BIN``.

BIN is the folder of the peer's programs (``node_modules/.bin`` after ``npm install verdaccio``; a virtual environment's
``bin`` after ``pip install devpi-server``); a peer that is not named is left out. Each holds the same number
of packages of 20 KiB, serves from a process of its own, and is asked by the same load, one after the other: for what a
client reads of one package, for its bytes, and for searches of which none is the one before. Exits with 1 where ours
is not as far ahead at 64 connections as it has to be, in answers a second.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import random
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import quote
from urllib.request import Request, urlopen

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))
from tests.bench import generated  # noqa: E402
from tests.bench.registry import CONNECTIONS, TOKEN, fetch, jupyter, load, told, wait_for  # noqa: E402

AHEAD = {"metadata": 2.5, "download": 3.0, "search": 100.0}
"""How many times a peer's answers a second ours has to give, at the most connections."""
PORTS = {"verdaccio": 48731, "devpi": 48732}
VERDACCIO = """
storage: {folder}/storage
auth: {{htpasswd: {{file: {folder}/htpasswd}}}}
uplinks: {{}}
packages: {{"**": {{access: $all, publish: $authenticated}}}}
web: {{enable: false}}
log: {{type: stdout, level: fatal}}
"""


class Place(NamedTuple):
    """Where one of them serves what. ``searches``: addresses."""

    port: int
    token: str
    metadata: str
    download: str
    searches: list[str]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--packages", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--verdaccio", type=Path)
    parser.add_argument("--devpi", type=Path)
    chosen = parser.parse_args()
    names, summaries = named(chosen.packages)
    missed = False
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        places = {"ours": stack.enter_context(ours(Path(folder), chosen.packages))}
        for name, serve in (("verdaccio", verdaccio), ("devpi", devpi)):
            programs: Path | None = getattr(chosen, name)
            if programs is not None:
                here = Path(folder) / name
                here.mkdir()
                places[name] = stack.enter_context(serve(here, programs.absolute(), names, summaries))
        for what in AHEAD:
            for connections in CONNECTIONS:
                asked = {name: place for name, place in places.items() if what != "search" or place.searches}
                found = {name: ask(place, what, connections, chosen.seconds) for name, place in asked.items()}
                for name, one in found.items():
                    ahead = found["ours"]["rate"] / one["rate"]
                    print(f"{what:9}{connections:3} {name:10} | {told(one)} | ours ahead {ahead:.1f}", flush=True)
                    last = connections == CONNECTIONS[-1] and name != "ours"
                    missed |= last and ahead < AHEAD[what]
    return int(missed)


def ask(place: Place, what: str, connections: int, seconds: float) -> dict[str, float]:
    paths = place.searches if what == "search" else [place.metadata if what == "metadata" else place.download]
    return load(place.port, connections, seconds, paths, place.token)


def named(number: int) -> tuple[list[str], list[str]]:
    words = generated.Words(random.Random(number))
    return [f"{'-'.join(words.some(2))}-{n}" for n in range(number)], [" ".join(words.some(9)) for _ in range(number)]


def searches(address: Callable[[str], str]) -> list[str]:
    return [address(quote(each)) for each in generated.queries(20_000)]


@contextmanager
def ours(folder: Path, number: int) -> Iterator[Place]:
    ids = generated.fill(folder / "registry", number)
    api = "/automatosx/api/v1/"
    with jupyter(folder, folder / "registry") as port:
        fetch(port, f"{api}plugins?q=table")
        plugin = f"{api}plugins/{ids[3]}"
        yield Place(port, TOKEN, plugin, f"{plugin}/1.0.0/artifact", searches(lambda it: f"{api}plugins?q={it}"))


@contextmanager
def verdaccio(folder: Path, programs: Path, names: list[str], summaries: list[str]) -> Iterator[Place]:
    """Its storage is written as it lays it out itself."""
    for name, summary in zip(names, summaries, strict=True):
        there = folder / "storage" / name
        there.mkdir(parents=True)
        data = packed(name)
        (there / f"{name}-1.0.0.tgz").write_bytes(data)
        (there / "package.json").write_text(json.dumps(document(name, summary, data)))
    (folder / "storage" / ".verdaccio-db.json").write_text(json.dumps({"list": names, "secret": "0" * 32}))
    config = folder / "config.yaml"
    config.write_text(VERDACCIO.format(folder=folder))
    port = PORTS["verdaccio"]
    with running([str(programs / "verdaccio"), "--config", str(config), "--listen", f"127.0.0.1:{port}"], port):
        found = searches(lambda it: f"/-/v1/search?size=20&text={it}")
        yield Place(port, "", f"/{names[3]}", f"/{names[3]}/-/{names[3]}-1.0.0.tgz", found)


def document(name: str, summary: str, data: bytes) -> dict[str, Any]:
    digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
    tarball = f"http://127.0.0.1:{PORTS['verdaccio']}/{name}/-/{name}-1.0.0.tgz"
    dist = {"integrity": f"sha512-{digest}", "shasum": hashlib.sha1(data).hexdigest(), "tarball": tarball}
    version = {"name": name, "version": "1.0.0", "description": summary, "dist": dist, "_id": f"{name}@1.0.0"}
    when = "2026-01-01T00:00:00.000Z"
    return {
        "name": name,
        "_id": name,
        "_rev": "1-0",
        "readme": summary,
        "users": {},
        "_uplinks": {},
        "versions": {"1.0.0": version},
        "dist-tags": {"latest": "1.0.0"},
        "_distfiles": {},
        "time": {"modified": when, "created": when, "1.0.0": when},
        "_attachments": {f"{name}-1.0.0.tgz": {"shasum": dist["shasum"], "version": "1.0.0"}},
    }


def packed(name: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        data = random.Random(name).randbytes(generated.SIZE)
        entry = tarfile.TarInfo("package/noise.bin")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


@contextmanager
def devpi(folder: Path, programs: Path, names: list[str], summaries: list[str]) -> Iterator[Place]:
    """Filled by uploads, one after the other. Its search is a page for people, and is not asked."""
    at = ["--serverdir", str(folder / "server")]
    subprocess.run([str(programs / "devpi-init"), *at, "--no-root-pypi"], check=True, capture_output=True)
    port = PORTS["devpi"]
    command = [str(programs / "devpi-server"), *at, "--host", "127.0.0.1", "--port", str(port), "--offline-mode"]
    with running(command, port):
        send(port, "/dev", "PUT", {"password": "bench"})
        said = send(port, "/+login", "POST", {"user": "dev", "password": "bench"})
        key = base64.b64encode(f"dev:{said['result']['password']}".encode()).decode()
        send(port, "/dev/all", "PUT", {"type": "stage", "bases": []}, key)
        began = perf_counter()
        for name, summary in zip(names, summaries, strict=True):
            upload(port, key, name.replace("-", "_"), summary)
        print(f"devpi took {len(names)} uploads in {perf_counter() - began:.0f} s", flush=True)
        simple = f"/dev/all/+simple/{names[3]}/"
        link = get(port, simple).partition('href="')[2].partition("#")[0]
        download = "/dev/all/" + link.lstrip("./")
        yield Place(port, "", f"/dev/all/{names[3]}", download, [])


def upload(port: int, key: str, name: str, summary: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as wheel:
        info = f"{name}-1.0.0.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\nSummary: {summary}\n"
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("noise.bin", random.Random(name).randbytes(generated.SIZE))
    fields = {":action": "file_upload", "name": name, "version": "1.0.0", "summary": summary, "metadata_version": "2.1"}
    edge = "edge-of-the-form"
    parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="content"; filename="{name}-1.0.0-py3-none-any.whl"\r\n\r\n'
    )
    body = "".join(parts).encode() + head.encode() + out.getvalue() + f"\r\n--{edge}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={edge}", "X-Devpi-Auth": key}
    request = Request(f"http://127.0.0.1:{port}/dev/all/", body, headers, method="POST")
    with urlopen(request, timeout=60):
        return


def send(port: int, path: str, method: str, said: dict[str, Any], key: str = "") -> Any:
    headers = {"Content-Type": "application/json", "Accept": "application/json"} | (
        {"X-Devpi-Auth": key} if key else {}
    )
    request = Request(f"http://127.0.0.1:{port}{path}", json.dumps(said).encode(), headers, method=method)
    with urlopen(request, timeout=60) as response:
        return json.loads(response.read())


def get(port: int, path: str) -> str:
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as response:
        body: bytes = response.read()
    return body.decode()


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(port)
            yield
        finally:
            server.terminate()


if __name__ == "__main__":
    sys.exit(main())
