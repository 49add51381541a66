// OpenLDAP's slapd, which nobody here wrote: people sign in by it, encrypted, whatever their names hold.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client, freePort, start, world } from '../tests/world.js';

const unpacked = process.env.LIGATURE_PROXIES;
const root = unpacked && existsSync(join(unpacked, 'usr/sbin/slapd')) ? unpacked : '';
const run = (command, args, cwd) => {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', env: environment });
  assert.equal(done.status, 0, `${command} ${args.join(' ')}: ${done.stdout}${done.stderr}`);
};
const environment = { ...process.env, LD_LIBRARY_PATH: `${root}/usr/lib/x86_64-linux-gnu:${root}/usr/lib/aarch64-linux-gnu` };

const people = `dn: dc=corp,dc=test
objectClass: dcObject
objectClass: organization
dc: corp
o: Corp

dn: ou=people,dc=corp,dc=test
objectClass: organizationalUnit
ou: people

dn: cn=reader,dc=corp,dc=test
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: the reader's password

dn: uid=anna,ou=people,dc=corp,dc=test
objectClass: inetOrgPerson
uid: anna
cn: Anna Berg
sn: Berg
mail: anna@corp.test
userPassword: anna's password

dn: uid=ben,ou=people,dc=corp,dc=test
objectClass: inetOrgPerson
uid: ben
cn: Ben Nomail
sn: Nomail
userPassword: ben's password

dn: uid=zoë (ops)\\, jr,ou=people,dc=corp,dc=test
objectClass: inetOrgPerson
uid: zoë (ops), jr
cn: Zoë *Star*
sn: Star
mail: zoe@corp.test
mail: zoe.star@corp.test
userPassword: pä$$ wörd

dn: cn=admins,dc=corp,dc=test
objectClass: groupOfNames
cn: admins
member: uid=anna,ou=people,dc=corp,dc=test

dn: cn=staff,dc=corp,dc=test
objectClass: groupOfNames
cn: staff
member: cn=admins,dc=corp,dc=test
member: uid=ben,ou=people,dc=corp,dc=test
`;

/** An authority and a certificate of 127.0.0.1, as files. */
function certificates(folder) {
  writeFileSync(join(folder, 'ext'), 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n');
  run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=Corp CA', '-keyout', 'ca.key', '-out', 'ca.pem', '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'], folder);
  run('openssl', ['req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=corp.test', '-keyout', 'server.key', '-out', 'server.csr'], folder);
  run('openssl', ['x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'ext', '-out', 'server.pem'], folder);
}

/** Waits until a port of loopback takes connections; bounded. */
async function open(port) {
  for (let tries = 0; tries < 400; tries += 1) {
    const there = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.end());
    });
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`nothing listens on ${port}`);
}

async function withSlapd(t) {
  const w = await world(async (seed, environment_, made) => {
    const { folder } = made;
    const port = await freePort(2);
    certificates(folder);
    mkdirSync(join(folder, 'db'));
    writeFileSync(join(folder, 'people.ldif'), people);
    writeFileSync(join(folder, 'slapd.conf'), [
      ...['core', 'cosine', 'inetorgperson'].map((schema) => `include ${root}/etc/ldap/schema/${schema}.schema`),
      `modulepath ${root}/usr/lib/ldap`, 'moduleload back_mdb', `pidfile ${folder}/slapd.pid`,
      `TLSCACertificateFile ${folder}/ca.pem`, `TLSCertificateFile ${folder}/server.pem`, `TLSCertificateKeyFile ${folder}/server.key`,
      // A password never crosses without encryption, and nobody looks around unknown.
      'disallow bind_anon', 'security simple_bind=128',
      'database mdb', `directory ${folder}/db`, 'suffix "dc=corp,dc=test"', 'maxsize 16777216', 'index objectClass,uid,mail eq',
      'access to attrs=userPassword by anonymous auth by * none', 'access to * by users read', '',
    ].join('\n'));
    run(`${root}/usr/sbin/slapadd`, ['-f', 'slapd.conf', '-l', 'people.ldif'], folder);
    start(made, `${root}/usr/sbin/slapd`, ['-d', '0', '-f', join(folder, 'slapd.conf'), '-h', `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${port + 1}`], { env: environment });
    await open(port + 1);
    environment_.HTTP_CLIENT__CA_FILE = join(folder, 'ca.pem');
    const directory = (key, server, more = {}) => ({
      key, name: 'Corp', secret: "the reader's password",
      settings: {
        kind: 'ldap', preset: 'openldap', servers: [server], bind_dn: 'cn=reader,dc=corp,dc=test', base_dn: 'dc=corp,dc=test',
        login_filter: '(&(objectClass=person)(|(uid={login})(mail={login})))', subject_attribute: 'entryUUID', username_attribute: 'uid', email_attribute: 'mail', name_attribute: 'cn',
        group_filter: '(&(objectClass=groupOfNames)(member={dn}))', group_name_attribute: 'cn', nested_groups: true, ...more,
      },
    });
    seed.providers.push(directory('tls', `ldaps://127.0.0.1:${port + 1}`), directory('starttls', `ldap://127.0.0.1:${port}`), directory('plain', `ldap://127.0.0.1:${port}`, { plain: true }), directory('other-name', `ldaps://localhost:${port + 1}`));
  });
  t.after(w.stop);
  return w;
}

async function signIn(w, client, key, login, password) {
  const headers = { origin: w.url, 'content-type': 'application/x-www-form-urlencoded' };
  const started = await client.send(`${w.url}/fn/signin/provider`, { method: 'POST', headers, body: `provider=${key}` });
  const form = new URLSearchParams({ provider: key, state: new URL(started.location).searchParams.get('state'), login, password });
  let page = await client.send(`${w.url}/fn/signin/directory`, { method: 'POST', headers, body: form.toString() });
  for (let steps = 0; page.location && steps < 5; steps += 1) page = await client.send(new URL(page.location, page.url).href);
  return page;
}

test('AU-02 GV-16 people sign in by slapd over TLS and StartTLS, by user name and by address, whatever their names hold', async (t) => {
  const w = await withSlapd(t);
  for (const key of ['tls', 'starttls']) {
    for (const [login, password, seen] of [['anna', "anna's password", 'Anna Berg'], ['ANNA@corp.test', "anna's password", 'Anna Berg'], ['ben', "ben's password", 'Ben Nomail'], ['zoë (ops), jr', 'pä$$ wörd', 'Zoë *Star*']]) {
      const page = await signIn(w, new Client(), key, login, password);
      assert.match(new URL(page.url).pathname, /^\/(account$|attempt\/)/, `${key} ${login}: ${page.body}`);
      assert.ok(page.body.includes(seen) || page.body.includes('@corp.test') || page.body.includes('Corp'), page.body);
    }
  }
});

test('OC-11 neither a wrong password, nor a name with signs, nor a directory without encryption or of another name lets anybody in', async (t) => {
  const w = await withSlapd(t);
  const good = await signIn(w, new Client(), 'tls', 'anna', "anna's password");
  assert.match(new URL(good.url).pathname, /^\/(account$|attempt\/)/, good.body);
  for (const [login, password] of [['anna', 'wrong'], ['*', "anna's password"], ['anna)(uid=*', "anna's password"], ['nobody', "anna's password"]]) {
    const page = await signIn(w, new Client(), 'tls', login, password);
    assert.ok(page.body.includes('The user name or the password is wrong'), `${login}: ${page.body}`);
  }
  // slapd refuses passwords in the clear; and its certificate is that of an address, not of this name.
  for (const key of ['plain', 'other-name']) {
    const page = await signIn(w, new Client(), key, 'anna', "anna's password");
    assert.match(new URL(page.url).pathname, /^\/refused\/provider\./, `${key}: ${page.url}`);
  }
});
