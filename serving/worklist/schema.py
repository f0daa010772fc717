"""The store's tables and its opening: a SQLite file, or PostgreSQL by URL.

Tables are made on first use, in one transaction, with the number of this layout. It refuses a store
of another layout, and keeps a SQLite file from other users of the machine.
"""

from __future__ import annotations

import os
from pathlib import Path

import sqlalchemy as sa

from features.errors import InputError
from serving.settings import redacted

LAYOUT = 1
META = sa.MetaData()

LAYOUTS = sa.Table("caseload_layout", META, sa.Column("version", sa.Integer, primary_key=True))

RUNS = sa.Table(
    "run",
    META,
    sa.Column("run_id", sa.Integer, primary_key=True),
    sa.Column("stored_at", sa.DateTime, nullable=False),
    sa.Column("stored_by", sa.Text, nullable=False),
    sa.Column("lane", sa.Text, nullable=False),
    sa.Column("as_of", sa.DateTime, nullable=False),
    sa.Column("models", sa.JSON, nullable=False),
    sa.Column("scored", sa.Integer, nullable=False),
    sa.Column("eligible", sa.Integer, nullable=False),
    sa.Column("cut_value", sa.Float),
    sa.Column("cut_count", sa.Integer, nullable=False),
    sa.Column("places", sa.Integer, nullable=False),
    sa.Column("invited", sa.Integer, nullable=False),
    sa.Column("overfill_chance", sa.Float, nullable=False),
    sa.Column("history_digest", sa.Text, nullable=False),
    sa.Index("run_by_lane", "lane", "run_id"),
)

ENTRIES = sa.Table(
    "entry",
    META,
    sa.Column("run_id", sa.ForeignKey("run.run_id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("rank", sa.Integer),
    sa.Column("person_id", sa.Text, nullable=False),
    sa.Column("lane", sa.Text, nullable=False),
    sa.Column("practice_id", sa.Text),
    sa.Column("locality", sa.Text),
    sa.Column("nurse_id", sa.Text),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("model_version", sa.Text, nullable=False),
    sa.Column("index_at", sa.DateTime, nullable=False),
    sa.Column("risk", sa.Float),
    sa.Column("percentile", sa.Float),
    sa.Column("base", sa.Float),
    sa.Column("completeness", sa.Float, nullable=False),
    sa.Column("missing", sa.JSON, nullable=False),
    sa.Column("reasons", sa.JSON, nullable=False),
    sa.Column("flags", sa.JSON, nullable=False),
    sa.Index("entry_by_practice", "run_id", "practice_id", "position"),
    sa.Index("entry_by_person", "run_id", "person_id", unique=True),
)

GRANTS = sa.Table(
    "access_grant",
    META,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("practices", sa.JSON(none_as_null=True)),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("expires_at", sa.DateTime, nullable=False),
    sa.Column("used_at", sa.DateTime),
)


def connect(url: str) -> sa.Engine:
    """The store at `url`, with its tables. Raises InputError where it cannot be opened or used."""
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "sqlite":
            _private_file(parsed.database)
        engine = sa.create_engine(parsed, pool_pre_ping=True)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError, OSError) as error:
        raise _unusable(url, type(error).__name__) from None
    if engine.dialect.name == "sqlite":
        _sqlite_habits(engine)
    try:
        _lay_out(engine, url)
    except sa.exc.SQLAlchemyError as error:
        engine.dispose()
        raise _unusable(url, type(error).__name__) from None
    return engine


def writing(engine: sa.Engine) -> sa.Engine:
    """The same engine for transactions that write: SQLite then takes its lock at once."""
    return engine.execution_options(writes=True)


def _lay_out(engine: sa.Engine, url: str) -> None:
    with writing(engine).begin() as connection:
        META.create_all(connection)
        found = connection.execute(sa.select(LAYOUTS.c.version)).scalars().all()
        if not found:
            connection.execute(LAYOUTS.insert().values(version=LAYOUT))
    if found and found != [LAYOUT]:
        engine.dispose()
        raise InputError(
            f"the store has layout {found[0]}, this version needs {LAYOUT}",
            where=f"CASELOAD_STORE_URL {redacted(url)}",
            cure="use a new store, or the version of Caseload that made this one",
        )


def _private_file(database: str | None) -> None:
    if not database or database == ":memory:" or database.startswith("file:"):
        return
    path = Path(database)
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _sqlite_habits(engine: sa.Engine) -> None:
    """Real transactions (the driver's own are not), readers beside a writer, a wait for a lock."""

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=10000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _unusable(url: str, why: str) -> InputError:
    return InputError(
        f"the store cannot be opened ({why})",
        where=f"CASELOAD_STORE_URL {redacted(url)}",
        cure="give a SQLAlchemy URL of a database you may write, such as sqlite:///var/caseload.db",
    )
