# Built in one stage, run in another: the image holds Python, the pinned packages and the shop, and nothing that built them.
FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements/ requirements/
RUN python -m venv /opt/panelgram \
 && /opt/panelgram/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.txt -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot/ bot/
COPY handlers/ handlers/
COPY storage/ storage/
RUN /opt/panelgram/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data panelgram && install -d -o panelgram -m 0700 /data
COPY --from=build /opt/panelgram /opt/panelgram
USER panelgram
WORKDIR /data
VOLUME /data
ENV PATH=/opt/panelgram/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite:////data/panelgram.db \
    WEB_LISTEN=127.0.0.1:8081
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD \
    ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8081/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["panelgram"]
CMD ["run"]
