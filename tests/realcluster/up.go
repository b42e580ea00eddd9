package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/util/cert"
)

const readyWithin = 90 * time.Second

// tokens are the further users, each NAME=TOKEN:group,group.
type tokens []string

func (t *tokens) String() string { return strings.Join(*t, " ") }

func (t *tokens) Set(text string) error {
	if name, rest, found := strings.Cut(text, "="); !found || name == "" || rest == "" {
		return errors.New("a token is NAME=TOKEN:group,group")
	}
	*t = append(*t, text)
	return nil
}

// place is where one cluster keeps its files and listens.
type place struct {
	data, server, etcd, peer string
	port                     string
}

// up starts the three parts and runs until SIGTERM, or until one of them dies.
func up(arguments []string) error {
	flags := flag.NewFlagSet("up", flag.ExitOnError)
	data := flags.String("data", "", "folder of all files")
	controllers := flags.Bool("controllers", true, "run the controller manager too")
	var users tokens
	flags.Var(&users, "token", "a further user, NAME=TOKEN:group,group; may be repeated")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *data == "" {
		return errors.New("--data is missing: the folder of all files")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	where, err := prepare(*data, users)
	if err != nil {
		return err
	}
	parts := &children{ended: make(chan error, 3)}
	defer parts.stop()
	if err := parts.start("etcd", where.etcdFlags()); err != nil {
		return err
	}
	begun := time.Now()
	if err := parts.start("apiserver", where.apiserverFlags()); err != nil {
		return err
	}
	if err := where.waitReady(ctx, parts.ended); err != nil {
		return err
	}
	if *controllers {
		if err := parts.start("controllers", where.controllerFlags()); err != nil {
			return err
		}
	}
	fmt.Printf("real cluster ready on %s after %.2f s (kubeconfig: %s)\n",
		where.server, time.Since(begun).Seconds(), filepath.Join(where.data, "kubeconfig"))
	select {
	case <-ctx.Done():
		return nil
	case err := <-parts.ended:
		return fmt.Errorf("a part of the cluster ended: %w", err)
	}
}

// children are the running parts.
type children struct {
	running []*exec.Cmd
	ended   chan error
}

func (c *children) start(part string, flags []string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	command := exec.Command(program, append([]string{part}, flags...)...)
	command.Stderr = os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return err
	}
	c.running = append(c.running, command)
	go func() { c.ended <- fmt.Errorf("%s: %w", part, errors.Join(command.Wait(), errors.New("it ended"))) }()
	return nil
}

func (c *children) stop() {
	for index := len(c.running) - 1; index >= 0; index-- {
		_ = c.running[index].Process.Kill()
	}
}

// prepare writes certificates, keys, tokens and the kubeconfig, and picks the ports.
func prepare(data string, users tokens) (*place, error) {
	data, err := filepath.Abs(data)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	ports := make([]string, 3)
	for index := range ports {
		if ports[index], err = freePort(); err != nil {
			return nil, err
		}
	}
	where := &place{
		data: data, port: ports[0], server: "https://127.0.0.1:" + ports[0],
		etcd: "http://127.0.0.1:" + ports[1], peer: "http://127.0.0.1:" + ports[2],
	}
	secret := make([]byte, 16)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	admin := hex.EncodeToString(secret)
	lines := fmt.Sprintf("%s,admin,admin,\"system:masters\"\n", admin)
	for _, user := range users {
		name, rest, _ := strings.Cut(user, "=")
		token, groups, _ := strings.Cut(rest, ":")
		lines += fmt.Sprintf("%s,%s,%s,%q\n", token, name, name, groups)
	}
	leaf, key, err := cert.GenerateSelfSignedCertKey("localhost", []net.IP{net.IPv4(127, 0, 0, 1)}, nil)
	if err != nil {
		return nil, err
	}
	_, authority := pem.Decode(leaf)
	signing, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	signingPEM := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(signing)})
	files := map[string][]byte{
		"tokens.csv": []byte(lines), "admin.token": []byte(admin), "server.crt": leaf, "server.key": key,
		"ca.crt": authority, "signing.key": signingPEM, "kubeconfig": []byte(where.kubeconfig(admin)),
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(data, name), content, 0o600); err != nil {
			return nil, err
		}
	}
	return where, nil
}

func (p *place) file(name string) string { return filepath.Join(p.data, name) }

func (p *place) kubeconfig(token string) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: real, cluster: {server: %q, certificate-authority: %q}}]
users: [{name: admin, user: {token: %s}}]
contexts: [{name: admin, context: {cluster: real, user: admin, namespace: default}}]
current-context: admin
`, p.server, p.file("ca.crt"), token)
}

func (p *place) etcdFlags() []string {
	return []string{"--data=" + p.file("etcd"), "--client=" + p.etcd, "--peer=" + p.peer}
}

func (p *place) apiserverFlags() []string {
	return []string{
		"--etcd-servers=" + p.etcd,
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port=" + p.port,
		"--tls-cert-file=" + p.file("server.crt"), "--tls-private-key-file=" + p.file("server.key"),
		"--cert-dir=" + p.file("certificates"),
		"--token-auth-file=" + p.file("tokens.csv"), "--authorization-mode=RBAC",
		"--service-cluster-ip-range=10.0.0.0/24",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + p.file("signing.key"),
		"--service-account-signing-key-file=" + p.file("signing.key"),
		"--v=0",
	}
}

func (p *place) controllerFlags() []string {
	return []string{
		"--kubeconfig=" + p.file("kubeconfig"), "--leader-elect=false", "--secure-port=0",
		"--service-account-private-key-file=" + p.file("signing.key"),
		"--root-ca-file=" + p.file("ca.crt"), "--v=0",
	}
}

// waitReady asks /readyz until it answers ok.
func (p *place) waitReady(ctx context.Context, ended <-chan error) error {
	pool := x509.NewCertPool()
	authority, err := os.ReadFile(p.file("ca.crt"))
	if err != nil {
		return err
	}
	pool.AppendCertsFromPEM(authority)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.server+"/readyz", nil)
		if err != nil {
			return err
		}
		answer, err := client.Do(request)
		if err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the API server was not ready within %s", readyWithin)
		case err := <-ended:
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = listener.Close() }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, err
}
