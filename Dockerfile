# Landlog in a container: the locked environment, the fonts, an account of its own.  No key or password is in it.
#
#   docker build -t landlog .          docker compose up            (see docker-compose.yml)

FROM python:3.12-slim-bookworm AS build
ENV UV_PROJECT_ENVIRONMENT=/app/.venv UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app

# Dependencies first: they change seldom, and this layer is then kept.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --locked --no-install-project --no-group dev
COPY package.json package-lock.json .npmrc ./
ENV PATH=/app/.venv/bin:$PATH
RUN npm ci --ignore-scripts --no-audit --no-fund

COPY api api
COPY domain domain
COPY gis gis
COPY projections projections
COPY registry registry
# Fonts and verifier page are built; then npm has done its work, and without its group only what runs is left.
RUN LANDLOG_HOME=/app python -m projections.fonts && LANDLOG_HOME=/app python -m api.verifier \
    && rm -r node_modules && uv sync --locked --no-default-groups

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/landlog --shell /usr/sbin/nologin landlog \
    && install -d -o landlog -g landlog -m 700 /var/lib/landlog /var/lib/landlog-signing
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH LANDLOG_HOME=/var/lib/landlog LANDLOG_FONTS=/app/fonts \
    LANDLOG_VERIFIER=/app/verifier PYTHONUNBUFFERED=1
USER landlog
WORKDIR /var/lib/landlog
EXPOSE 8000
ENTRYPOINT ["landlog"]
CMD ["--help"]
