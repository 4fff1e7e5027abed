"""A Kafka that asks who comes and what they may: SASL_SSL with SCRAM-SHA-512 or PLAIN, and nothing but what an ACL allows.

    kafka = SecuredKafka(directory, ["cw-tap"]).start()
    kafka.allow([acl for acl in listed_acls(prefix) if acl.user == "cw-tap"])   # the table of docs/CLUSTER.md
    Program("tools/cw-tap", ["--topic", "trades"], logs, env=kafka.client("cw-tap"))

Brokers talk to each other, and tests to them, by a listener without either, on loopback: who comes there may everything.
"""

import re
import secrets
import zlib
from dataclasses import dataclass
from pathlib import Path

import confluent_kafka
from confluent_kafka.admin import (
    AclBinding, AclBindingFilter, AclOperation, AclPermissionType, AdminClient, ResourcePatternType, ResourceType,
    ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion)

from stack import TOP, Kafka, free_port, run, wait_for

EXAMPLE, NEXT = "prod.", "v2."  # the prefixes in the document: of all, and of what cw-copy copies to
SCRAM = "SCRAM-SHA-512"


def newer_librdkafka():
    """The library that came with Python's client: that of Debian 12 cannot do SCRAM with Kafka 4."""
    [found] = (Path(confluent_kafka.__file__).parent.parent / "confluent_kafka.libs").glob("librdkafka*.so*")
    return found


@dataclass(frozen=True)
class Acl:
    """A right: the user has the name of the program; name is whole, with its prefix."""

    user: str
    resource: str  # topic, group, transactional id
    pattern: str  # literal, prefixed
    name: str
    operation: str  # Read, Write, Describe, ...

    def binding(self, of=AclBinding):
        types = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP,
                 "transactional id": ResourceType.TRANSACTIONAL_ID}
        words = re.findall("[A-Z][a-z]*", self.operation)
        return of(types[self.resource], self.name, ResourcePatternType[self.pattern.upper()], "User:" + self.user, "*",
                  AclOperation["_".join(words).upper()], AclPermissionType.ALLOW)


def user_of(program):
    """"cw-tap --mirror" is another one than "cw-tap"."""
    return program.replace(" --", "-").replace(" ", "-")


def next_prefix(prefix):
    """Of this one alone, and short: errors cut names at 100 characters."""
    return f"v2.{zlib.crc32(prefix.encode()):08x}."


def listed_acls(prefix):
    """What the table of docs/CLUSTER.md allows, for an installation with that prefix."""
    ours = {EXAMPLE: prefix, NEXT: next_prefix(prefix)}
    any_prefix = re.compile("|".join(map(re.escape, ours)))
    found = []
    for line in (TOP / "docs/CLUSTER.md").read_text().splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
        if len(cells) == 6 and cells[0].startswith("cw-"):
            program, resource, pattern, name, operations, _ = cells
            assert any_prefix.match(name)
            name = any_prefix.sub(lambda m: ours[m[0]], name)
            found += [Acl(user_of(program), resource, pattern, name, one) for one in operations.split(", ")]
    assert found and len(found) == len(set(found))
    return found


class Certificates:
    """An authority, and a broker's certificate of it for `localhost`; and another authority, which nobody knows."""

    def __init__(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.authority, self.stranger = self._authority("authority"), self._authority("stranger")
        key, request, cert = (directory / f"broker.{kind}" for kind in ("key", "csr", "pem"))
        extensions = directory / "broker.ext"
        extensions.write_text("subjectAltName=DNS:localhost\n")
        run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=broker", "-keyout", key, "-out", request)
        run("openssl", "x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", directory / "authority.key",
            "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", cert)
        self.broker = directory / "keystore.pem"
        self.broker.write_text(key.read_text() + cert.read_text())

    def _authority(self, name):
        cert = self.directory / f"{name}.pem"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
            "-keyout", self.directory / f"{name}.key", "-out", cert)
        return cert


class SecuredKafka(Kafka):
    """users: who comes by name, each with a password of its own."""

    def __init__(self, directory, users):
        self.port = free_port()
        self.certificates = Certificates(directory / "certificates")
        self.passwords = {user: secrets.token_hex(16) for user in users}
        modules = "org.apache.kafka.common.security"
        plain = " ".join(f'user_{user}="{password}"' for user, password in self.passwords.items())
        settings = {
            "sasl.enabled.mechanisms": f"{SCRAM},PLAIN",
            f"{SCRAM.lower()}.sasl.jaas.config": f"{modules}.scram.ScramLoginModule required;",
            "plain.sasl.jaas.config": f"{modules}.plain.PlainLoginModule required {plain};",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.certificates.broker,
        }
        super().__init__(directory / "kafka", extra="\n".join([
            *(f"listener.name.secure.{key}={value}" for key, value in settings.items()),
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found=false",
            "super.users=User:ANONYMOUS",  # who comes by the listener of the brokers
        ]))
        self._env["KAFKA_SECURE_PORT"] = str(self.port)

    def start(self, *number):
        super().start(*number)
        self.admin = AdminClient({"bootstrap.servers": self.brokers})
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        made = self.admin.alter_user_scram_credentials(
            [UserScramCredentialUpsertion(user, info, word.encode()) for user, word in self.passwords.items()])
        for one in made.values():
            one.result(20)
        return self

    def _granted(self, acl):
        """As the broker knows it, which is a moment after the controller has answered."""
        return bool(self.admin.describe_acls(acl.binding(AclBindingFilter)).result(20))

    def allow(self, acls):
        for made in self.admin.create_acls([acl.binding() for acl in acls]).values():
            made.result(20)
        wait_for(lambda: all(map(self._granted, acls)), 20, "what was granted")

    def forbid(self, *acls):
        for done in self.admin.delete_acls([acl.binding(AclBindingFilter) for acl in acls]).values():
            assert len(done.result(20)) == 1
        wait_for(lambda: not any(map(self._granted, acls)), 20, "end of what was granted")

    def client(self, user, mechanism="PLAIN", host="localhost", authority=None, password=None, library=newer_librdkafka()):
        """The environment of a program that comes as the user. library: that does SCRAM; None: the system's."""
        return {
            "CW_BROKERS": f"{host}:{self.port}",
            "CW_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "CW_KAFKA_SASL_MECHANISM": mechanism,
            "CW_KAFKA_SASL_USERNAME": user,
            "CW_KAFKA_SASL_PASSWORD": password or self.passwords[user],
            "CW_KAFKA_SSL_CA_LOCATION": str(authority or self.certificates.authority),
            "CW_KAFKA_BROKER_ADDRESS_FAMILY": "v4",  # the broker listens on one of the two addresses of localhost
            **({"LD_PRELOAD": str(library)} if mechanism == SCRAM and library else {}),
        }
