"""The receiver as a process of its own, which can be killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import llmcost

pytest.importorskip(
    "opentelemetry.exporter.otlp.proto.http", reason="the OpenTelemetry SDK is not here: `make test-otlp`"
)


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Receiver:
    """`llmcost ingest --listen` on one port and one ledger, as often as it is started."""

    def __init__(self, ledger: Path) -> None:
        self.ledger = ledger
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(Path(llmcost.__file__).parents[1]), "NO_COLOR": "1"}
        command = [sys.executable, "-m", "llmcost", "ingest", "--listen", f":{self.port}", "--db", str(self.ledger)]
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        end = time.monotonic() + 60
        while True:
            assert self._process.poll() is None, self._process.communicate()[1]
            assert time.monotonic() < end
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Exit code and output."""
        assert self._process is not None
        self._process.send_signal(number)
        stdout, stderr = self._process.communicate(timeout=120)
        return self._process.returncode, stdout, stderr

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()


@pytest.fixture
def receiver(tmp_path):
    found = Receiver(tmp_path / "ledger.duckdb")
    found.start()
    yield found
    found.end()


@pytest.fixture
def traced():
    """`traced(url, compression=...)`: a provider whose spans the SDK's own exporter sends there, in batches."""
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    providers = []

    def start(url, *, compression=Compression.NoCompression, timeout=10):
        provider = TracerProvider(
            resource=Resource.create({"service.name": "shop", "deployment.environment.name": "staging"})
        )
        exporter = OTLPSpanExporter(endpoint=f"{url}/v1/traces", compression=compression, timeout=timeout)
        provider.add_span_processor(
            BatchSpanProcessor(exporter, schedule_delay_millis=100, max_export_batch_size=64, max_queue_size=100_000)
        )
        providers.append(provider)
        return provider

    yield start
    for provider in providers:
        provider.shutdown()
