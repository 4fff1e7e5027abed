"""Fixtures: one Kafka and one PostgreSQL for the session (for each lane of it), names and a database of its own for each test.

kafka      the session's Kafka (stack.Kafka)
prefix     in front of topics, groups and transactional ids: tests do not meet
topics     the same, with all our topics made
postgres   the session's PostgreSQL (stack.Postgres)
database   URL of a fresh, empty database
tables     the same, with all our tables made
pipeline   all our programs on topics and tables of their own (pipeline.Pipeline)
program    program("sinks/cw-postgres", "--instance", "0", ready=True) starts a program that ends with the test
"""

import re

import pytest

from pipeline import Pipeline
from stack import VAR, Kafka, Postgres, make_our_tables, own_directory, programs


@pytest.fixture(scope="session")
def directory():
    """var/test or the lane's, emptied."""
    try:
        with own_directory(VAR) as path:
            yield path
    except BlockingIOError:
        pytest.exit("another test session runs in this tree", returncode=1)


@pytest.fixture(scope="session")
def kafka(directory):
    server = Kafka(directory / "kafka")
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres(directory):
    server = Postgres(directory / "postgres")
    try:
        server.start()
        server.make_reader()
        yield server
    finally:
        server.stop()


@pytest.fixture
def name(request):
    """The test's name as a word that Kafka, PostgreSQL and file systems all take; unique within a session."""
    file, _, test = request.node.nodeid.partition("::")
    word = re.sub(r"[^a-z0-9]+", "_", f"{file.rpartition('/')[2]}_{test}".lower()).strip("_")
    return word[-55:].lstrip("_")


@pytest.fixture
def prefix(request, name):
    yield name + "."
    if "kafka" in request.fixturenames:
        request.getfixturevalue("kafka").remove_topics(name + ".")


@pytest.fixture
def topics(kafka, prefix):
    kafka.make_our_topics(prefix)
    return prefix


@pytest.fixture
def database(postgres, name):
    yield postgres.make_database(name)
    postgres.drop_database(name)


@pytest.fixture
def tables(database):
    make_our_tables(database)
    return database


@pytest.fixture
def logs(directory, name):
    """Where the test's programs log."""
    return directory / "logs" / name


@pytest.fixture
def program(logs):
    with programs(logs) as start:
        yield start


@pytest.fixture
def pipeline(kafka, topics, tables, program):
    return Pipeline(program, kafka, topics, tables)
