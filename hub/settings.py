"""The one place that reads the environment: every `HUB_*` setting, checked at start."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field, FilePath, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of one hub process. Each is the environment variable `HUB_` + its name."""

    model_config = SettingsConfigDict(env_prefix="HUB_", frozen=True, extra="forbid")

    data: Path = Field(Path(".hub"), description="Folder of the embedded servers and of files.")
    database_url: SecretStr | None = Field(
        None, description="PostgreSQL 15 or newer; without it the embedded one is used."
    )
    redis_url: SecretStr | None = Field(
        None, description="Valkey or Redis 7 or newer; without it the embedded one is used."
    )
    embedded_user: str = Field(
        "nobody", description="Account that the embedded PostgreSQL runs under when we are root."
    )
    verify_keys: SecretStr | None = Field(
        None,
        description="Keys of certificate verify codes, `id:hex[,id:hex…]`, the current one first; "
        "without it they are made once and kept in the data folder.",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="Keys that secrets of webhooks and connectors are sealed with, "
        "`id:hex[,id:hex…]`, 32 bytes each, the current one first; without it they are made once "
        "and kept in the data folder.",
    )
    webhook_allow: str | None = Field(
        None,
        pattern=r"^[^\s,/@]+:\d{1,5}(,[^\s,/@]+:\d{1,5})*$",
        description="Targets `host:port[,host:port…]` that webhooks and connectors may go to "
        "though they are not public, by http too: systems in private networks, sandboxes and "
        "tests.",
    )
    dcc_key: FilePath | None = Field(
        None, description="PEM file of the private key that signs exported DCCs; RSA or EC."
    )
    dcc_certificate: FilePath | None = Field(
        None,
        validate_default=True,
        description="PEM file of its certificate, followed by those of its issuers; without both "
        "files DCCs are not signed.",
    )
    audit_key: FilePath | None = Field(
        None,
        description="PEM file of the Ed25519 key that signs heads of the audit chain; without it "
        "one is made once and kept in the data folder. Workers on several machines share one; keep "
        "the public key of an old one with its anchors.",
    )
    audit_anchors: Path | None = Field(
        None,
        description="File that signed heads of the audit chain are appended to, best on another "
        "machine; without it `audit/anchors.jsonl` in the data folder.",
    )
    audit_months: int = Field(
        36, ge=6, description="Months for which the audit is kept, the running one apart."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    graphiql: bool = Field(True, description="Serve the IDE at /graphiql.")
    outsider_introspection: bool = Field(
        False, description="Let callers without a token read the schema by introspection."
    )
    validation_status: int = Field(
        400, description="HTTP status of a document that does not validate: 400 or 422."
    )
    max_body_bytes: int = Field(1_048_576, ge=1024, description="Largest GraphQL request body.")
    max_upload_bytes: int = Field(10_485_760, ge=1024, description="Largest uploaded file.")
    operation_seconds: float = Field(10.0, gt=0, description="Longest run of one operation.")
    upload_seconds: float = Field(
        60.0, gt=0, description="Longest run of one operation that brings files."
    )
    feed_days: int = Field(
        30, ge=1, description="Days for which changes are kept for those who read `changes`."
    )
    pool_size: int = Field(8, ge=1, le=100, description="Database connections per process.")

    @field_validator("dcc_certificate")
    @classmethod
    def _with_its_key(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if "dcc_key" in info.data and (file is None) != (info.data["dcc_key"] is None):
            raise ValueError("HUB_DCC_KEY and HUB_DCC_CERTIFICATE are given together")
        return file


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
