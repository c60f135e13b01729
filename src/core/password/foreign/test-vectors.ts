import type { HashedPassword } from '../hashed-password.ts'

/** Hashes that the original systems made. */

/** One hash of a known password. */
export interface Vector {
  readonly scheme: string
  /** Who made it. */
  readonly source: string
  readonly password: string
  /** As the original system writes it down, where that form tells what it is. */
  readonly text?: string
  /** As it comes over the wire. */
  readonly wire: HashedPassword
}

const horse = 'correct horse'
const accents = 'café ☕ été'

/** Of systems that write one text, which is both the stored form and the wire form. */
function texts(
  source: string,
  kind: 'bcrypt' | 'django' | 'ldap' | 'werkzeug' | 'aspnet' | 'wordpress' | 'scrypt' | 'phc' | 'keycloak',
  rows: readonly (readonly [scheme: string, password: string, text: string])[],
): readonly Vector[] {
  return rows.map(([scheme, password, text]) => ({ scheme, source, password, text, wire: { [kind]: { hash: text } } }))
}

/** A credential as Keycloak exports it. */
function keycloak(algorithm: string, hashIterations: number, [salt, value]: readonly [string, string], additionalParameters = {}): string {
  return JSON.stringify({
    type: 'password',
    secretData: JSON.stringify({ value, salt, additionalParameters: {} }),
    credentialData: JSON.stringify({ hashIterations, algorithm, additionalParameters }),
  })
}

const argon2Of = (type: string, version: string, memory: string) => ({
  ...{ hashLength: ['32'], memory: [memory], type: [type], version: [version], parallelism: ['1'] },
})

const firebaseProject = {
  saltSeparator: 'Bw==',
  signerKey: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  memory: 14,
  rounds: 8,
}

export const vectors: readonly Vector[] = [
  ...texts('crypt_blowfish 1.3, wrapper.c', 'bcrypt', [['bcrypt', 'U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW']]),
  ...texts('bcrypt 5.0.0 of PyPI, hashpw', 'bcrypt', [
    ['bcrypt', horse, '$2b$05$xJl2k0ryA9jS9SNO96R.q.biX4U8il3bGJWNQJNot7TBv6XBdOVmq'],
    ['bcrypt', accents, '$2a$05$RGQjZ6O2UcJs/yjaiI2asOFjTUAZTGuximYLOI3pycMMhiR2NWMdS'],
    ['bcrypt', 'x'.repeat(72), '$2b$04$eDCJd1KwroWQFwa6sFPbX./.wqWYhdSColC153BQ.wGXx29HKDYgi'],
  ]),
  ...texts('PHP 8.2.36, password_hash', 'phc', [
    ['bcrypt', horse, '$2y$06$h6HzDUDzYBv0ASapOFv7DuYlTCvlmUsq2EcHjVgPubAGQdXUiKKxu'],
    ['bcrypt', accents, '$2y$04$c3qbPKoiwKbXjz.emLUK8erqo3/zcFj7hpFF6aQsUiVrCO2qWFeV.'],
    ['argon2i', horse, '$argon2i$v=19$m=1024,t=2,p=1$OWs5NlJ2b3hQMDVaR2hrSw$yR1OPmBpi+CW5qRYRr8qLgmIGy2kue9FIYZUlyoJkfA'],
    ['argon2id', horse, '$argon2id$v=19$m=1024,t=2,p=1$NXovR1ZXUUpvczNGQmROUg$gedOnRVMVnEHRg15PZOdBbwZFRRCF58iztERMkrNTwc'],
  ]),
  ...texts('phc-winner-argon2, test.c, version 1.0', 'phc', [
    ['argon2i', 'password', '$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ'],
  ]),
  ...texts('passlib 1.7.4', 'phc', [
    ['pbkdf2-sha1', horse, '$pbkdf2$1200$7v2/d87ZO.e89773/l.rFQ$ESq9SgMgVgEIxdsDvGpOcfovpVk'],
    ['pbkdf2-sha256', horse, '$pbkdf2-sha256$1200$sBZi7L1XSomxNmZMiTGmlA$Erz2olxl5SgZxUOF9kbWAk/Mif/6J4PVNNAUmyfHi3s'],
    [
      'pbkdf2-sha512',
      horse,
      '$pbkdf2-sha512$1200$sVaKsdYagzDmHGPsvff.3w$a0pd5E0a56HKy9cjtHiAgU6hrGR2kPhWLe2Nqk5IGGbU0mKnfQ/cRr9WvUhwQuoFw5s8CstwQ0/UBTeHcchfJQ',
    ],
    ['phpass', horse, '$P$94yJb5u4Bk1Y5zMG.05Rw5.U/PQKq..'],
    ['phpass', accents, '$H$5oUe.56eXwsd0I4naIr/X/ysT9PPfg.'],
  ]),
  ...texts('passlib 1.7.4', 'scrypt', [
    ['scrypt', horse, '$scrypt$ln=12,r=8,p=1$IsT4X8s5Zwxh7D2H8F5rrQ$th3TnzKIIkwK7sI6Q1gUit0QNBIAlytN4h24u85xFqw'],
    ['scrypt', accents, '$scrypt$ln=10,r=4,p=3$zTlHyHkPwdj7H8N4LwVgbA$vumcJZBbKbmm9Vjsfe8eKbAqPpmClqp1XUTZbczIeMo'],
  ]),
  ...texts('passlib 1.7.4', 'ldap', [
    ['sha1-salted', horse, '{SSHA}bCAJSHvQzjGp6IzC5tXQ1yLI1bZZCwFA'],
    ['sha512-salted', accents, '{SSHA512}UtdQ3EDZNfrNJqFpAtcgyAp9vObt5zlIi6Lwic9ZAGyrdkXMBcXhi0fJCzDGYQhX2x/wbnG1oesfxAWuR3BRA7n3vheCcE4J'],
    ['pbkdf2-sha256', horse, '{PBKDF2-SHA256}1200$IoTwfq91LgXAuDdG6F1rzQ$Ut7dFDy9h5Ae/yOY.obEBjTjDnuIbjb/v5JkYZiGqOs'],
  ]),
  ...texts('OpenLDAP 2.5.13, slappasswd, with pw-sha2', 'ldap', [
    ['sha1-salted', horse, '{SSHA}Vq3iEQraWJ/OYzfvGqjO1yadFCRcQ9kj'],
    ['sha1', horse, '{SHA}L55TUjtiq8FBorTWAZ0jy6g129A='],
    ['md5', horse, '{MD5}PLTnMmMfR+brlh80VUt83g=='],
    ['md5-salted', horse, '{SMD5}6rwuEMDEs3aLUF6c+GGdRaehkVs='],
    ['sha256-salted', horse, '{SSHA256}qDiFD2tX2zoOaPvxdQsXWfr53Yqm9mmywewDNFS1yylScbDyCmhTJg=='],
    ['sha384-salted', horse, '{SSHA384}2pxAniIgzdNIwnaq/LKiaecoz1rrDKzAwbCUXv40e5yfGX9g0SRRtxQOI1oAtCAtkjbFoktePc8='],
    ['sha512-salted', horse, '{SSHA512}rdNffnluGyJVkCSXHFg21q2pOO7rx9ztgQ32zGgCySRcL/33INphnpEh6nL5fyALt8Ak8lpaIJzEuYg+y3P/kJ0Gzvvpcb+E'],
    ['sha256', horse, '{SHA256}QQTTb42iwlQ0n4WDZ5Pr4CngyVcGOjTJHC6SAxh7VjE='],
    ['sha384', horse, '{SHA384}ArIKby67E2Cppg9M+QhXNj7UGcAisSFWfOX5HG45Zk+3j9YCNMSli1v8cUWumDKS'],
    ['sha512', horse, '{SHA512}VraY3v7bWkNbY0r+MyC7rz/c2SC2xQOkRvx7endrKY1HnRumqLYXgI6wv1ec6aldZoNHvKtxSQhayTyyeZUZew=='],
  ]),
  ...texts('Django 5.2.19, django.contrib.auth.hashers', 'django', [
    ['pbkdf2-sha256', horse, 'pbkdf2_sha256$1200$seasalt12345$zM3URhd8APrr7FbeAAAJEF1JHyGBMDTGykb4H50ih/o='],
    ['pbkdf2-sha256', accents, 'pbkdf2_sha256$1200$seasalt12345$9SaIht1lAb53MuP7L8Nosv6TCbveDLjaFVLwRkH/J4s='],
    ['pbkdf2-sha1', horse, 'pbkdf2_sha1$1200$seasalt12345$7Rg+ch6BRZf8za9IeeqERclovts='],
    ['argon2id', horse, 'argon2$argon2id$v=19$m=102400,t=2,p=8$c2Vhc2FsdDEyMzQ1$/l5/6Ovm30gtFjJGujjw9jpYNHSB0tSK6PHjvujt61w'],
    ['bcrypt-sha256', horse, 'bcrypt_sha256$$2b$05$TE0v1wzZlxtKNIwIjtkcduhmcJkCuzNYYzBXLtyZF9HUmFWPbv4pC'],
    ['bcrypt-sha256', 'x'.repeat(80), 'bcrypt_sha256$$2b$05$Iyc9NTb8FxyjF0HiMfpOV.VWNLYi/BVskiMQSuNHk/KFnD/aikNQS'],
    ['bcrypt', horse, 'bcrypt$$2b$05$K5TLAp6bjsjofrbY5bWBi.1YVgRNkGbtPU7ZkLZ/KtSP8J7kycW02'],
    [
      'scrypt',
      horse,
      'scrypt$4096$seasalt12345$8$5$HB+nCGvDu9gYIJCzZFIek0RvAOP3F1BW+QdBSO0cv+1rKyKT12tvbBQEflaeM/ngZf6nb68+/Xn4rgEBjLk4zA==',
    ],
    ['md5-salted', horse, 'md5$seasalt$b614725f4cc025a51ab6a354d12890ab'],
  ]),
  ...texts('Django, tests/auth_tests/test_hashers.py', 'django', [
    ['sha1-salted', 'lètmein', 'sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8'],
  ]),
  ...texts('Werkzeug 3.1.9, generate_password_hash', 'werkzeug', [
    [
      'scrypt',
      horse,
      'scrypt:32768:8:1$OWsFR0KqIHXVtGmr$0f0e18c3449f7cc203fc09a70e87d88f8cceb863f03e1eda6f03490e4f86f82aa9cd391ac7e0e20e4050add7be63537cd7d26010ce9cb94185ce2f14c6acfdba',
    ],
    [
      'scrypt',
      horse,
      'scrypt:4096:8:2$LKEsAyi2CLnhj4f0$a24903c2e668ba4204556713732be4bc9e07c3f458e44c9321e97dfc9b00b9918ed2532d70b272e00b3206c7fa855289b6fc8d5eee10a1aae000a08d9e43f1fc',
    ],
    ['pbkdf2-sha256', horse, 'pbkdf2:sha256:1200$TZQJoFMci8untSUe$b7c4014ecec5e775053b66f97fa79c0d54847dca3733846dfc1c3f30ceca56c2'],
    [
      'pbkdf2-sha512',
      horse,
      'pbkdf2:sha512:1200$PQgLWLGO$0c1bf6c0f810e46285d8da0f95d2bfb1747559ce8fdfb2336f9df75fdc00bf3439ee24662ed7f6d254c9c7f57c6009c85f38ac5e17e6dbfcf6b45c2e6560e8b6',
    ],
    ['pbkdf2-sha1', horse, 'pbkdf2:sha1:1200$jXs7wIdnhdKNZKKv$a52911761137404bc270b8a00fe42895194dc0de'],
  ]),
  ...texts('ASP.NET Core Identity, PasswordHasherTest.cs', 'aspnet', [
    ['pbkdf2-sha1', 'my password', 'AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg=='],
    ['pbkdf2-sha1', 'my password', 'ANXrDknc7fGPpigibZXXZFMX4aoqz44JveK6jQuwY3eH/UyPhvr5xTPeGYEckLxz9A=='],
    ['pbkdf2-sha256', 'my password', 'AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw=='],
    ['pbkdf2-sha512', 'my password', 'AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw'],
    [
      'pbkdf2-sha512',
      'my password',
      'AQAAAAIAAAD6AAAAIJbVi5wbMR+htSfFp8fTw8N8GOS/Sje+S/4YZcgBfU7EQuqv4OkVYmc4VJl9AGZzmRTxSkP7LtVi9IWyUxX8IAAfZ8v+ZfhjCcudtC1YERSqE1OEdXLW9VukPuJWBBjLuw==',
    ],
    ['pbkdf2-sha1', 'my password', 'AQAAAAAAAAD6AAAAEAhftMyfTJylOlZT+eEotFXd1elee8ih5WsjXaR3PA9M'],
    [
      'pbkdf2-sha256',
      'my password',
      'AQAAAAEAA9CQAAAAIESkQuj2Du8Y+kbc5lcN/W/3NiAZFEm11P27nrSN5/tId+bR1SwV8CO1Jd72r4C08OLvplNlCDc3oQZ8efcW+jQ=',
    ],
  ]),
  ...texts('Keycloak 26.0.0, its PasswordHashProviders and ModelToRepresentation', 'keycloak', [
    [
      'pbkdf2-sha1',
      horse,
      keycloak('pbkdf2', 1300, [
        'NKvlr3TzZxZXpcPQlgM2sw==',
        'LTnqB+s3n4/SG32cayH3UO7dLgxObtnyqXUgXRSX4+QWTxxScgy0EnO1jAn1PT3ubrtRdLflrtXbV8Awm9+oyA==',
      ]),
    ],
    ['pbkdf2-sha256', horse, keycloak('pbkdf2-sha256', 1200, ['06BsotV0Zurs6BVPoGZcIw==', 'keIfFPD1LcqicOWBbH6J89hp1h2O/Lb2iQVGSVGqT4k='])],
    [
      'pbkdf2-sha256',
      horse,
      keycloak('pbkdf2-sha256', 1200, [
        't4kIPbZKQUVp72hpqcLgUA==',
        'O/Rhd5Vl2UBn3Hoh8P06msGpaObtaO+b91FrEHNgGj1tZuFGeriOmgFonRpdBs5/t3EqpkkLl59QjhIiPnWW9Q==',
      ]),
    ],
    [
      'pbkdf2-sha512',
      accents,
      keycloak('pbkdf2-sha512', 1200, [
        'm3zjt76RtfJAy3mvbfAC7w==',
        'YhddF+aiRTQfEaj7QDOOm9/HHoGJQlSIGFf9HRdzsG8urC/fy2jBkdUv+F/7kOqAYBu5IsYOwTjDo2sxUlzYSg==',
      ]),
    ],
    [
      'argon2id',
      horse,
      keycloak('argon2', 5, ['c/8ZPPADUWhqKbzyFcjbNw==', '6pkq1Fk/3GN7clhJaBBY46ntqyd1Co9Wu2jAjh1Si5w='], argon2Of('id', '1.3', '7168')),
    ],
    [
      'argon2i',
      horse,
      keycloak('argon2', 2, ['edBMzzZBqJz0vFbj9UWUMw==', 'WEjW8QLR08AzUVnhWZQaSKiX/QH7Kqk4Ksab0AJFOGI='], argon2Of('i', '1.0', '1024')),
    ],
  ]),
  ...texts('PHP 8.2.36, with the lines of wp_hash_password of WordPress 6.8', 'wordpress', [
    ['wordpress-bcrypt', horse, '$wp$2y$05$di7F2EQYuoNhzp9wn1mKQeD8I4QUscHoDSGdCFGz5nKd2YXdeFSOm'],
    ['wordpress-bcrypt', 'x'.repeat(80), '$wp$2y$05$m1n4TIfD9PiKPSQT/Vfia.PkApg1bXJYu4SXlQai3wir1bsue8vGq'],
    ['wordpress-bcrypt', ` ${horse}\n`, '$wp$2y$05$79g4DkAnucsZL.6JjLa3OOxzPCe2qbf9ZlpteYQHdnZjyhz86lrAu'],
  ]),
  ...texts('WordPress 6.1.9, class-phpass.php', 'wordpress', [
    ['phpass', horse, '$P$BjCQZ8RDrD0El7Mpw5VIong6y9GW1D0'],
    ['phpass', accents, '$P$BkT2hJOI/yHBG2wRH2IOIWJTMWhsaj.'],
  ]),
  ...texts('phpass 0.5, test.php', 'phc', [['phpass', 'test12345', '$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0']]),
  ...texts('Drupal, PasswordVerifyTest of the phpass module', 'phc', [
    ['drupal', 'valid password', '$S$5TOxWPdvJRs0P/xZBdrrPlGgzViOS0drHu3jaIjitesfttrp18bk'],
    ['drupal', 'valid password', 'U$S$5vNHDQyLqCTvsYBLWBUWXJWhA0m3DTpBh04acFEOGB.bKBclhKgo'],
  ]),
  {
    scheme: 'drupal',
    source: 'Drupal, PasswordVerifyTest of the phpass module, the parts of the above',
    password: 'valid password',
    wire: { phpass: { type: 'sha512', iterations: 128, salt: 'TOxWPdvJ', hash: 'Rs0P/xZBdrrPlGgzViOS0drHu3jaIjitesfttrp18bk' } },
  },
  {
    scheme: 'phpass',
    source: 'phpass 0.5, test.php, the parts of the above',
    password: 'test12345',
    wire: { phpass: { type: 'md5', iterations: 2048, salt: 'IQRaTwmf', hash: 'eRo7ud9Fh4E2PdI0S3r.L0' } },
  },
  {
    scheme: 'firebase-scrypt',
    source: 'github.com/firebase/scrypt, README.md',
    password: 'user1password',
    wire: {
      firebase: {
        ...firebaseProject,
        salt: '42xEC+ixf3L2lw==',
        hash: 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
      },
    },
  },
  {
    scheme: 'pbkdf2-sha1',
    source: 'ASP.NET Core Identity, PasswordHasherTest.cs, the parts of a 128-bit key of SHA-1',
    password: 'my password',
    wire: { pbkdf2: { type: 'sha1', iterations: 250, salt: 'CF+0zJ9MnKU6VlP54Si0VQ==', hash: '3dXpXnvIoeVrI12kdzwPTA==' } },
  },
  {
    scheme: 'argon2id',
    source: 'Keycloak 26.0.0, the parts of the above',
    password: horse,
    wire: {
      argon2: {
        iterations: 5,
        memory: 7168,
        threads: 1,
        salt: 'c/8ZPPADUWhqKbzyFcjbNw==',
        hash: '6pkq1Fk/3GN7clhJaBBY46ntqyd1Co9Wu2jAjh1Si5w=',
      },
    },
  },
  ...(
    [
      ['md5', { md5: { hash: '3cb4e732631f47e6eb961f34554b7cde' } }],
      ['md5', { wordpress: { hash: '3cb4e732631f47e6eb961f34554b7cde' } }],
      ['sha1', { sha: { type: 'sha1', hash: '2f9e53523b62abc141a2b4d6019d23cba835dbd0' } }],
      ['sha1-salted', { sha: { type: 'sha1', hash: '54a0026cc999613a8701386162cce73f0d545648', salt: '00ff10' } }],
      ['sha256', { sha: { type: 'sha256', hash: '4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631' } }],
      [
        'sha256-salted',
        {
          sha: {
            type: 'sha256',
            hash: 'DAE2C3B376C0EF1256653485D4568CBDFD0BFE349D29C274828B80B850070619',
            salt: '5d41402abc4b2a76b9719d911017c592',
          },
        },
      ],
      [
        'sha512-salted',
        {
          sha: {
            type: 'sha512',
            hash: '40524c34c6529a42bd5b653ddaea0bc107729558db595d42a5169edbc26109434616576ae895b9408af0a792ea333324b8523006453cb1e5afe832265e4ef119',
            salt: '00ff10',
          },
        },
      ],
    ] as const
  ).map(([scheme, wire]) => ({ scheme, source: 'PHP 8.2.36, hash()', password: horse, wire })),
]
