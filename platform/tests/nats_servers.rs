//! The kit's nats-servers are real ones: they keep what was written through a kill and a pause.

use linli_platform::{
    nats::{Access, Nats, lease::bucket},
    testing::NatsServers,
};

#[tokio::test(flavor = "multi_thread")]
async fn three_servers_bear_the_loss_of_one() {
    let servers = NatsServers::three().await;
    let nats = Nats::connect(&servers.address("test"), &Access::default(), "test").await.unwrap();
    bucket(&nats).await.unwrap();
    servers.kill(0);
    // A server that listens to nobody is no reason to wait for it.
    servers.start(0);
    servers.pause(1);
    servers.resume(1);
    servers.ready().await;
    assert!(bucket(&nats).await.is_ok());
    assert!(servers.store_dirs().iter().all(|dir| dir.is_dir()));
    assert!(servers.said(0).contains("Server is ready"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lone_server_is_named_with_its_one_copy() {
    let servers = NatsServers::one().await;
    let address = servers.address("x");
    assert_eq!(address.replicas(), 1);
    let nats = Nats::connect(&address, &Access::default(), "test").await.unwrap();
    bucket(&nats).await.unwrap();
}
