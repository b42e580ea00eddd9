package main

import (
	"context"
	"flag"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
)

// age gives an empty store a past that has been compacted, so that what a cluster answers to
// versions that are too old can be seen at once and not only after minutes.
func age(client *clientv3.Client) error {
	var revision int64
	for range 100 {
		answer, err := client.Put(context.Background(), "/past", "")
		if err != nil {
			return err
		}
		revision = answer.Header.Revision
	}
	_, err := client.Compact(context.Background(), revision)
	return err
}

// runEtcd serves one etcd member until SIGTERM.
func runEtcd(arguments []string) error {
	flags := flag.NewFlagSet("etcd", flag.ExitOnError)
	data := flags.String("data", "", "folder of the member")
	client := flags.String("client", "", "address for clients")
	peer := flags.String("peer", "", "address for other members (there are none)")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	clientURL, err := url.Parse(*client)
	if err != nil {
		return err
	}
	peerURL, err := url.Parse(*peer)
	if err != nil {
		return err
	}
	config := embed.NewConfig()
	config.Dir = *data
	config.LogLevel = "error"
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{*clientURL}, []url.URL{*clientURL}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{*peerURL}, []url.URL{*peerURL}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	// As durable as the dev cluster: a write survives the process, not the machine.
	config.UnsafeNoFsync = os.Getenv("REALCLUSTER_FSYNC") == ""
	server, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	defer server.Close()
	select {
	case <-server.Server.ReadyNotify():
	case err := <-server.Err():
		return err
	}
	if err := age(v3client.New(server.Server)); err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	select {
	case <-stop:
		return nil
	case err := <-server.Err():
		return err
	}
}
