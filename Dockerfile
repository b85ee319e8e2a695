# Gatewright with its solver, for CI: `docker run --rm -v "$PWD:/work" gatewright gatewright check .`
FROM docker.io/library/rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --bin gatewright

FROM docker.io/library/python:3.11-slim-bookworm AS solver
COPY --from=build /src/target/release/gatewright /usr/local/bin/gatewright
ENV GATEWRIGHT_CACHE=/opt/gatewright
RUN gatewright solver install

FROM docker.io/library/debian:bookworm-slim
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/target/release/gatewright /usr/local/bin/gatewright
COPY --from=solver /opt/gatewright /opt/gatewright
# The mounted folder belongs to another user; git must read its history anyway.
RUN printf '[safe]\n\tdirectory = *\n' > /etc/gitconfig
ENV GATEWRIGHT_CACHE=/opt/gatewright
USER 10001
WORKDIR /work
# No entrypoint, so that CI systems find a shell.
CMD ["gatewright", "--help"]
