// Command realcluster runs a real kube-apiserver with an embedded etcd and the real
// controller manager, so that the checks of the dev cluster can be run against them too.
//
//	realcluster up --data DIR --token NAME=TOKEN:group,group
//
// It writes DIR/kubeconfig, DIR/ca.crt and DIR/admin.token, prints one line when the
// cluster is ready, and ends on SIGTERM. Each part is a process of its own (the same
// binary again), because all of them keep their flags in global variables.
package main

import (
	"fmt"
	"os"

	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("say which part to run: up, etcd, apiserver or controllers"))
	}
	part := os.Args[1]
	os.Args = append([]string{"realcluster-" + part}, os.Args[2:]...)
	switch part {
	case "up":
		fail(up(os.Args[1:]))
	case "etcd":
		fail(runEtcd(os.Args[1:]))
	case "apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "controllers":
		os.Exit(cli.Run(controllers.NewControllerManagerCommand()))
	default:
		fail(fmt.Errorf("there is no part %q: up, etcd, apiserver or controllers", part))
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "realcluster:", err)
		os.Exit(1)
	}
}
